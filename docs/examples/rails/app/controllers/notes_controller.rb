# frozen_string_literal: true

class NotesController < ApplicationController
  def show
    show_found Note.find(params[:id])
  end

  def update
    render json: Note.write(params[:id], params.require(:text), session[:name])
  end
end
