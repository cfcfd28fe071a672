# frozen_string_literal: true

# Where a user is.
class PlacesController < ApplicationController
  def show
    role = Signalbox.role
    render json: { region: Signalbox.region, active: role.active?, why: role.reason,
                   users_here: role.users_here? }
  end
end
