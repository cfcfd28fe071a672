# frozen_string_literal: true

# Who a user is: in the cookie, so in every region.
class SessionsController < ApplicationController
  def create
    session[:name] = params.require(:name)
    show
  end

  def show
    render json: { name: session[:name] }
  end
end
